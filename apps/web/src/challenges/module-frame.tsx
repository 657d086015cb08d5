import type { StageForm } from '@gatehouse/client';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { usePage } from '../flow/page.context.js';
import { FormErrors } from '../ui/form.js';
import type { DescribedChallenge } from './envelope.js';
import { challengeMessage, moduleDocument, readModuleMessage } from './module-message.js';

/** Time within which a module must report that it is ready, in milliseconds. */
const READY_MS = 3000;

/** Height of the frame in pixels until its module reports a height. */
const FIRST_HEIGHT = 240;

interface Props {
  readonly challenge: DescribedChallenge;
  readonly module: NonNullable<StageForm['module']>;
  /** The drawn form, which is shown until the module is ready, and if it fails. */
  readonly children: ComponentChildren;
}

/**
 * Runs the signed page module of a stage in a sandboxed frame of an opaque origin, which can only send messages
 * (docs/adr/0092). If another site opened the page, the module starts only after the visitor has acted, because a
 * module could answer by itself.
 */
export function ModuleFrame({ challenge, module, children }: Props) {
  const { awaitsAction, pageData } = usePage();
  const { state, height, connect } = useModule(challenge);
  const isRun = state !== 'none' && state !== 'failed' && !awaitsAction;
  return (
    <>
      {isRun && state === 'ready' ? <FormErrors challenge={challenge} /> : children}
      {isRun && (
        <iframe
          class={state === 'ready' ? 'module' : 'module unready'}
          title={challenge.gatehouse_form.title ?? usePage().t('Message')}
          sandbox="allow-scripts"
          srcdoc={moduleDocument(module, pageData.locale)}
          height={height}
          onLoad={({ currentTarget }) => connect(currentTarget.contentWindow)}
        />
      )}
    </>
  );
}

type ModuleState = 'none' | 'loading' | 'ready' | 'failed';

/** Connects the module of a challenge with the page. */
function useModule(challenge: DescribedChallenge) {
  const { answer, pageData } = usePage();
  const [state, setState] = useState<ModuleState>('none');
  const [height, setHeight] = useState(FIRST_HEIGHT);
  const port = useRef<MessagePort>();
  const shown = challengeMessage(challenge, { locale: pageData.locale, theme: themeOf(pageData.brand.theme) });
  const receive = ({ data }: MessageEvent) => {
    const message = readModuleMessage(data, challenge.gatehouse_form);
    if (message?.type === 'ready') setState((before) => (before === 'loading' ? 'ready' : before));
    if (message?.type === 'height') setHeight(message.height);
    if (message?.type === 'answer' && state === 'ready') answer(message.fields);
  };
  const receiver = useRef(receive);
  receiver.current = receive;
  useEffect(() => {
    setState('loading');
    const timer = setTimeout(() => setState((before) => (before === 'loading' ? 'failed' : before)), READY_MS);
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => port.current?.postMessage(shown), [challenge]);
  const connect = (frame: Window | null) => {
    // The frame has loaded a second document, which is not the module.
    if (port.current || !frame) return setState('failed');
    const channel = new MessageChannel();
    port.current = channel.port1;
    channel.port1.onmessage = (event) => receiver.current(event);
    frame.postMessage(shown, '*', [channel.port2]);
  };
  return { state, height, connect };
}

/** Returns the theme of the page. */
const themeOf = (theme: string | undefined) =>
  theme === 'light' || theme === 'dark'
    ? theme
    : typeof matchMedia === 'function' && matchMedia('(prefers-color-scheme: dark)').matches
      ? 'dark'
      : 'light';
