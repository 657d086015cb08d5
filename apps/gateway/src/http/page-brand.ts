import type { Opened } from '@gatehouse/web';
import type { HostBrand } from '../execution/brands.js';

/** What a page shows of a brand; background and layout come with each challenge. */
export const pageBrand = ({
  title,
  logo,
  favicon,
  theme,
  colours,
  background,
  layout,
  footer_links,
  custom_css,
}: HostBrand): Opened['brand'] => ({
  title,
  logo,
  favicon,
  theme,
  colours,
  background,
  layout,
  footer_links,
  custom_css,
});
