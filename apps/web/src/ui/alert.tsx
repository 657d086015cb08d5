import type { ComponentChildren } from 'preact';

/** Something that somebody must read now. */
export const Alert = ({ children }: { children: ComponentChildren }) => (
  <div class="alert" role="alert">
    {children}
  </div>
);

/** Something worth knowing, that does not interrupt. */
export const Notice = ({ children }: { children: ComponentChildren }) => (
  <div class="notice" role="status">
    {children}
  </div>
);
