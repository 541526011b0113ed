type WithoutUndefined<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The same object without the fields that are undefined: in our types a field that is not there is left out. */
export function withoutUndefined<T extends object>(fields: T): WithoutUndefined<T> {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  // Leaving undefined fields out is what the type says; the compiler can't follow it through entries.
  return Object.fromEntries(kept) as WithoutUndefined<T>;
}
