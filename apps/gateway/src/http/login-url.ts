/** Returns the URL of the brand's login, which returns to an address of this site. */
export const loginUrl = (address: string): string =>
  `/flows/-/default/authentication/?next=${encodeURIComponent(address)}`;
