/** The log URL-encodes relative paths; what can't be decoded is taken as it is. */
export function decodedPath(path: string): string {
  if (/^[a-z][a-z0-9+.-]+:/i.test(path)) return path;
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) return path;
    throw error;
  }
}
