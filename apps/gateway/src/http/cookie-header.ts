/** A cookie in a `Cookie` header. `text` is its name and value as the client sent them. */
interface RequestCookie {
  readonly name: string;
  readonly value: string;
  readonly text: string;
}

/** Spaces and tabs at the start or the end. */
const OUTER_SPACE = /^[ \t]+|[ \t]+$/g;

/**
 * Returns the cookies of a `Cookie` header. Removes only spaces and tabs, as browsers do when they store a cookie
 * (RFC 6265 §5.2). Any other byte belongs to the name, so another host cannot plant `\xA0__Host-…` as `__Host-…`.
 */
export const cookiesIn = (header = ''): RequestCookie[] =>
  header.split(';').flatMap((part) => {
    const text = trimmed(part);
    const end = text.indexOf('=');
    return text === ''
      ? []
      : [{ name: trimmed(text.slice(0, Math.max(0, end))), value: trimmed(text.slice(end + 1)), text }];
  });

/** Returns the values of all cookies with this name. */
export const cookieValues = (header: string | undefined, name: string): string[] =>
  header?.includes(name) ? cookiesIn(header).flatMap((cookie) => (cookie.name === name ? [cookie.value] : [])) : [];

const trimmed = (text: string) => text.replace(OUTER_SPACE, '');
