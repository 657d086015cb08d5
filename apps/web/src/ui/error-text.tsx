import type { ComponentChildren } from 'preact';

/** An exclamation mark in a triangle. It has the colour of the text. */
export const WarningIcon = () => (
  <svg class="warning" viewBox="0 0 20 20" aria-hidden="true">
    <path
      fill="currentColor"
      fill-rule="evenodd"
      d="M8.7 2.3a1.5 1.5 0 0 1 2.6 0l7.3 12.9a1.5 1.5 0 0 1-1.3 2.3H2.7a1.5 1.5 0 0 1-1.3-2.3ZM9.1 7v5h1.8V7Zm0 6.3v1.9h1.8v-1.9Z"
    />
  </svg>
);

/** The error of a field. `name` is the name of the field, whose `aria-describedby` refers to the error. */
export const ErrorText = ({ name, children }: { name: string; children: ComponentChildren }) => (
  <p class="error" id={`${name}-error`}>
    <WarningIcon />
    <span>{children}</span>
  </p>
);

/** Renders a text in which brackets mark a link: `Try again or [reset it].` */
export function LinkedText({ text, href }: { text: string; href: string }) {
  const [before, label, after] = text.split(/[[\]]/);
  return (
    <>
      {before}
      <a href={href}>{label}</a>
      {after}
    </>
  );
}
