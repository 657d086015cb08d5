import type { ComponentChildren } from 'preact';
import type { Brand } from '../page.js';
import { placeOf, type ThemedUrls, themedUrls } from './background.js';
import { BackgroundFrame } from './background-frame.js';
import mark from './mark.svg?raw';

const LAYOUTS: ReadonlySet<string> = new Set([
  'stacked',
  'content_left',
  'content_right',
  'sidebar_left',
  'sidebar_right',
]);

interface Props {
  readonly brand: Brand;
  /** Title of the flow, which is shown below the brand. An empty text reserves its line. */
  readonly flowTitle?: string | undefined;
  readonly layout?: string | undefined;
  /** Addresses of the page that is shown beside the card. */
  readonly framed?: ThemedUrls | undefined;
  /** Whether the card is wider than the card of a login step. */
  readonly wide?: boolean;
  /** The language menu. */
  readonly menu?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** The frame of every page: brand, card and footer links. */
export function Frame({ brand, flowTitle, layout = 'stacked', framed, wide = false, menu, children }: Props) {
  const { title, footer_links: links = [] } = brand;
  const place = placeOf(layout);
  return (
    <div class={`page ${wide ? 'wide' : LAYOUTS.has(place) ? place : 'stacked'}`}>
      <div class="card">
        <header class={brand.logo ? 'logo' : undefined}>
          {brand.logo ? <Logo brand={brand} logo={brand.logo} /> : <Emblem />}
          {!brand.logo && <span class="site">{title}</span>}
          {flowTitle !== undefined && <p class="flow">{flowTitle}</p>}
        </header>
        {children}
      </div>
      {(links.length > 0 || menu) && (
        <footer>
          {links.length > 0 && <FooterLinks links={links} />}
          {menu}
        </footer>
      )}
      {framed && <BackgroundFrame urls={framed} theme={brand.theme} />}
    </div>
  );
}

const FooterLinks = ({ links }: { links: NonNullable<Brand['footer_links']> }) => (
  <ul>
    {links.map(({ name, href }) => (
      <li key={name}>{href ? <a href={href}>{name}</a> : name}</li>
    ))}
  </ul>
);

/** The sign of Gatehouse, in the colour of the brand. It has no text, because the name of the brand is beside it. */
const Emblem = () => <span class="emblem" aria-hidden="true" dangerouslySetInnerHTML={{ __html: mark }} />;

/** Shows the logo, which may have variants for light and dark themes. */
function Logo({ brand: { title, theme }, logo }: { brand: Brand; logo: string }) {
  const { light, dark } = themedUrls(logo);
  if (theme === 'light' || theme === 'dark') return <img src={theme === 'dark' ? dark : light} alt={title} />;
  return (
    <picture>
      {light !== dark && <source srcset={dark} media="(prefers-color-scheme: dark)" />}
      <img src={light} alt={title} />
    </picture>
  );
}
