import type { ComponentChildren, JSX } from 'preact';
import { usePage } from '../flow/page.context.js';

type Props = JSX.ButtonHTMLAttributes<HTMLButtonElement> & {
  readonly plain?: boolean;
  readonly children: ComponentChildren;
};

/**
 * A button that answers the challenge or sends another request. While an answer is sent, it is disabled with
 * aria-disabled, so that it keeps the focus, and a click does nothing.
 */
export function Button({ plain = false, children, onClick, ...attributes }: Props) {
  const { busy, pressed } = usePage();
  // The Enter key in a field clicks the form's default button, so this handler receives it too.
  const press = (event: JSX.TargetedMouseEvent<HTMLButtonElement>) => {
    if (busy) return event.preventDefault();
    pressed.current = event.currentTarget;
    onClick?.(event);
  };
  return (
    <button class={plain ? 'plain' : 'main'} aria-disabled={busy || undefined} onClick={press} {...attributes}>
      {children}
    </button>
  );
}
