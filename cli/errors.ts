export { isLineageError, LineageError } from '../src/index.ts';
