// What run.ts loads when something fails: src/index.ts itself, loaded so, would bring all its modules along.
export { isLineageError, LineageError } from '../src/index.ts';
