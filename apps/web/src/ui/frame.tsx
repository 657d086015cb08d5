import type { ComponentChildren } from 'preact';
import type { Brand } from '../page.js';

const LAYOUTS: ReadonlySet<string> = new Set([
  'stacked',
  'content_left',
  'content_right',
  'sidebar_left',
  'sidebar_right',
]);

interface Props {
  readonly brand: Brand;
  readonly layout?: string | undefined;
  /** Whether there is more to show than a step. */
  readonly wide?: boolean;
  readonly children: ComponentChildren;
}

/** What is around every page: the brand, the card, the links of the site. */
export function Frame({ brand, layout = 'stacked', wide = false, children }: Props) {
  const { title, logo, footer_links: links = [] } = brand;
  return (
    <div class={`page ${wide ? 'wide' : LAYOUTS.has(layout) ? layout : 'stacked'}`}>
      <div class="card">
        <header>{logo ? <img src={logo} alt={title} /> : <span class="site">{title}</span>}</header>
        {children}
      </div>
      {links.length > 0 && (
        <footer>
          <ul>
            {links.map(({ name, href }) => (
              <li key={name}>{href ? <a href={href}>{name}</a> : name}</li>
            ))}
          </ul>
        </footer>
      )}
    </div>
  );
}
