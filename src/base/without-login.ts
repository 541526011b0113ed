/** An address without the user and password that it may hold before the host; anything else is left as it is. */
export function withoutLogin(address: string): string {
  return (
    address
      .replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1')
      // A password that was not encoded: what follows the colon is no port.
      .replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#:@[]*:(?!\d*(?:[/?#]|$)).*@/is, '$1')
  );
}
