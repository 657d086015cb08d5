import { useEffect, useRef } from 'preact/hooks';
import { usePage } from '../flow/page.context.js';
import { Alert } from '../ui/alert.js';
import { Button } from '../ui/button.js';
import type { Envelope } from './envelope.js';

/** The challenge with a form that is submitted to another site automatically. */
export interface AutosubmitChallenge extends Envelope {
  readonly url: string;
  readonly attrs: Readonly<Record<string, string>>;
  readonly title?: string | undefined;
}

export function Autosubmit({ challenge: { url, attrs } }: { challenge: AutosubmitChallenge }) {
  const { t } = usePage();
  const form = useRef<HTMLFormElement>(null);
  const isSafe = /^(https?:\/\/|\/)/i.test(url);
  useEffect(() => {
    // A field named "submit" would shadow the method of the form.
    if (form.current) HTMLFormElement.prototype.submit.call(form.current);
  }, []);
  if (!isSafe) return <Alert>{t('This step cannot be shown here.')}</Alert>;
  return (
    <form ref={form} method="post" action={url}>
      {Object.entries(attrs).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <p role="status">{t('You are being redirected…')}</p>
      <Button>{t('Continue')}</Button>
    </form>
  );
}
