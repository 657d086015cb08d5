import type { Brand } from '../page.js';
import type { ThemedUrls } from './background.js';

interface Props {
  readonly urls: ThemedUrls;
  readonly theme: Brand['theme'];
}

/**
 * Shows the page that a flow has as its background beside the card. The framed page may belong to another site, and the
 * card may ask for a password. So the framed page runs no scripts, gets neither focus nor clicks, and receives no
 * Referer.
 */
export function BackgroundFrame({ urls: { light, dark }, theme }: Props) {
  if (light === dark || theme === 'light') return <Page url={light} />;
  if (theme === 'dark') return <Page url={dark} />;
  return (
    <>
      <Page url={light} scheme="light" />
      <Page url={dark} scheme="dark" />
    </>
  );
}

/**
 * `scheme` is the colour scheme in which the page is shown. The frame is lazy, so that it loads nothing while it is
 * hidden.
 */
const Page = ({ url, scheme }: { url: string; scheme?: 'light' | 'dark' }) => (
  <iframe
    class={scheme === undefined ? 'backdrop' : `backdrop in-${scheme}`}
    src={url}
    sandbox=""
    referrerpolicy="no-referrer"
    loading="lazy"
    title=""
    tabIndex={-1}
    aria-hidden="true"
    inert
  />
);
