import { createRequire } from 'node:module';

// The driver's own codecs of the protocol, and the libraries that they are written with. They are plain JavaScript, and only what is
// used here is typed.

const require = createRequire(import.meta.url);
const ofDriver = createRequire(require.resolve('@databricks/sql'));

// biome-ignore lint/suspicious/noExplicitAny: structures that Thrift generates, changed in place
export type Struct = any;

export const thrift: Struct = ofDriver('thrift');
export const Int64: Struct = ofDriver('node-int64');
export const arrow: Struct = ofDriver('apache-arrow');
export const service: Struct = require('@databricks/sql/thrift/TCLIService');
export const types: Struct = require('@databricks/sql/thrift/TCLIService_types');
