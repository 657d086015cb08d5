import { useEffect, useRef, useState } from 'preact/hooks';
import { usePage } from '../flow/page.context.js';
import { Alert } from '../ui/alert.js';
import { Button } from '../ui/button.js';
import type { Envelope } from './envelope.js';

/** The challenge to sign in with Plex. */
export interface PlexChallenge extends Envelope {
  readonly client_id: string;
  readonly slug: string;
}

export function Plex({ challenge: { client_id, slug } }: { challenge: PlexChallenge }) {
  const { t } = usePage();
  const [state, setState] = useState<'ready' | 'waiting' | 'refused'>('ready');
  const controller = useRef<AbortController>();
  useEffect(() => () => controller.current?.abort(), []);
  const signIn = async () => {
    controller.current = new AbortController();
    setState('waiting');
    // Browsers allow a popup only during the click, so the page opens an empty popup before it knows the URL.
    const popup = open('about:blank', '_blank', 'popup,width=550,height=700');
    const { signInAtPlex } = await import('../flow/plex.js');
    const to = await signInAtPlex({ clientId: client_id, slug, popup, signal: controller.current.signal }).catch(
      () => undefined,
    );
    if (to) location.assign(to);
    else setState('refused');
  };
  return (
    <>
      {state === 'refused' && <Alert>{t('Signing in did not work. Please try again.')}</Alert>}
      <p role="status">{state === 'waiting' && t('Sign in to Plex in the window that has opened.')}</p>
      <Button type="button" onClick={() => void signIn()}>
        {t('Continue with {name}', { name: 'Plex' })}
      </Button>
    </>
  );
}
