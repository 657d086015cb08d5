import { useEffect, useRef, useState } from 'preact/hooks';
import { usePage } from '../flow/page.context.js';
import { Button } from '../ui/button.js';
import { Form } from '../ui/form.js';
import type { Envelope } from './envelope.js';

/** Time limit for all frames to load, in milliseconds. They start at the same time. */
const FRAMES_MS = 5000;

/** Scripts and forms of the application run, but cannot leave the frame. */
const SANDBOX = 'allow-scripts allow-same-origin allow-forms';

/** The challenge with the addresses that log the visitor out of applications. */
export interface IframeLogoutChallenge extends Envelope {
  readonly logout_urls?: readonly LogoutUrl[] | undefined;
}

interface LogoutUrl {
  readonly url: string;
  readonly provider_name?: string | null | undefined;
}

/** Opens the addresses in hidden frames, and continues the flow when all have loaded or FRAMES_MS has passed. */
export function IframeLogout({ challenge }: { challenge: IframeLogoutChallenge }) {
  const { t } = usePage();
  const logoutUrls = (challenge.logout_urls ?? []).filter(({ url }) => /^https?:\/\//i.test(url) && URL.canParse(url));
  const { isRunning, onLoad } = useFrames(logoutUrls.map(({ url }) => url));
  const names = logoutUrls.flatMap(({ provider_name: name }) => (name ? [name] : []));
  return (
    <Form challenge={challenge}>
      <p role="status">{t('You are being logged out of your applications…')}</p>
      {names.length > 0 && (
        <ul class="points">
          {names.map((name) => (
            <li key={name}>{name}</li>
          ))}
        </ul>
      )}
      {isRunning && <Frames logoutUrls={logoutUrls} onLoad={onLoad} />}
      {typeof document === 'undefined' && (
        <noscript>
          <Frames logoutUrls={logoutUrls} />
        </noscript>
      )}
      <Button>{t('Continue')}</Button>
    </Form>
  );
}

/** Hidden frames with the addresses. `onLoad` gets the number of each frame that has loaded. */
const Frames = ({ logoutUrls, onLoad }: { logoutUrls: readonly LogoutUrl[]; onLoad?: (frame: number) => void }) => (
  <>
    {logoutUrls.map(({ url, provider_name: name }, i) => (
      <iframe
        key={url}
        hidden
        title={name || new URL(url).host}
        src={url}
        sandbox={SANDBOX}
        referrerpolicy="no-referrer"
        onLoad={() => onLoad?.(i)}
      />
    ))}
  </>
);

/**
 * The addresses that this page has opened already. If they are shown again, the page waits for the visitor instead of
 * continuing automatically.
 */
const opened = new Set<string>();

/**
 * Answers the challenge when all frames have loaded, and after FRAMES_MS at the latest. Renders the frames only after
 * hydration, so that the page receives all their load events.
 */
function useFrames(urls: readonly string[]) {
  const { answerAutomatically } = usePage();
  const [isRunning, setRunning] = useState(false);
  const loaded = useRef(new Set<number>());
  const isOver = useRef(false);
  const finish = () => {
    if (isOver.current) return;
    isOver.current = true;
    answerAutomatically({});
  };
  useEffect(() => {
    const list = urls.join(' ');
    if (opened.has(list)) return undefined;
    opened.add(list);
    setRunning(true);
    const timer = setTimeout(finish, urls.length > 0 ? FRAMES_MS : 0);
    return () => clearTimeout(timer);
  }, []);
  const onLoad = (frame: number) => {
    loaded.current.add(frame);
    if (loaded.current.size === urls.length) finish();
  };
  return { isRunning, onLoad };
}
