import { solve } from './solve.js';

/** A challenge of ALTCHA's protocol v2. The captcha stage encodes it as the site key. */
interface ProofOfWorkChallenge {
  readonly parameters: { readonly salt: string; readonly nonce: string; readonly keyPrefix: string };
  readonly signature: string;
}

interface Options {
  readonly sitekey: string;
  readonly callback: (token: string) => void;
  readonly 'error-callback'?: () => void;
}

// This script starts itself a second time, as a worker. Only the worker has no document.
if (typeof document === 'undefined') serveWorker();
else defineProvider((document.currentScript as HTMLScriptElement).src);

function serveWorker() {
  addEventListener('message', ({ data }: MessageEvent<ProofOfWorkChallenge>) => postMessage(solve(data.parameters)));
}

/** Defines the API of Turnstile, so that any page that supports Turnstile can run this captcha. */
function defineProvider(address: string) {
  const render = (_place: Element, { sitekey, callback, 'error-callback': onError }: Options) => {
    const challenge = JSON.parse(atob(sitekey)) as ProofOfWorkChallenge;
    const worker = new Worker(address);
    worker.onerror = () => onError?.();
    worker.onmessage = ({ data: solution }: MessageEvent) => {
      worker.terminate();
      callback(btoa(JSON.stringify({ challenge, solution })));
    };
    worker.postMessage(challenge);
  };
  Object.assign(globalThis, { turnstile: { render } });
}
