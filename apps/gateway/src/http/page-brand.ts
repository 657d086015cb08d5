import type { Brand } from '@gatehouse/plan';
import type { Opened } from '@gatehouse/web';

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
}: Brand): Opened['brand'] => ({
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
