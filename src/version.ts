/** The version of asof: that of package.json, which a test compares. */
export const asofVersion = '0.1.0';
