/** Which part of a pinned table a training reads. Without a part, all of it. */
export interface Selection {
  /** Column names at the pinned version, in the order wanted. */
  readonly columns?: readonly string[];
  /** One SQL condition over the table's columns. */
  readonly where?: string;
}

/** What the training really read: asof applies the selection; split and seed are the trainer's own, and recorded. */
export interface ReadSpec extends Selection {
  /** How rows were divided, in the trainer's words: "train_test_split(test_size=0.2)". */
  readonly split?: string;
  readonly seed?: number;
}
