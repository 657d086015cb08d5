import type { ThemedUrls } from '@gatehouse/contracts';

/** Placeholder for the theme in the address of a picture. */
const THEME = '%(theme)s';

/** Returns the addresses of a picture for the light and dark theme. Null if the picture is the same in both themes. */
export const themedUrlsOf = (address: string): ThemedUrls | null =>
  address.includes(THEME)
    ? { light: address.replaceAll(THEME, 'light'), dark: address.replaceAll(THEME, 'dark') }
    : null;
