import { solve } from './solve.js';

/** A question in ALTCHA's second protocol, as its stage puts it in the place of a site key. */
interface Question {
  readonly parameters: { readonly salt: string; readonly nonce: string; readonly keyPrefix: string };
  readonly signature: string;
}

interface Options {
  readonly sitekey: string;
  readonly callback: (token: string) => void;
  readonly 'error-callback'?: () => void;
}

// Where there is no document, this is the worker that it has started itself.
if (typeof document === 'undefined') work();
else offer((document.currentScript as HTMLScriptElement).src);

function work() {
  addEventListener('message', ({ data }: MessageEvent<Question>) => postMessage(solve(data.parameters)));
}

/** Offers the puzzle under the name of a provider whose widget is rendered and says when it is solved, so that any page that runs that one runs this one. */
function offer(address: string) {
  const render = (_place: Element, { sitekey, callback, 'error-callback': fail }: Options) => {
    const question = JSON.parse(atob(sitekey)) as Question;
    const worker = new Worker(address);
    worker.onerror = () => fail?.();
    worker.onmessage = ({ data: solution }: MessageEvent) => {
      worker.terminate();
      callback(btoa(JSON.stringify({ challenge: question, solution })));
    };
    worker.postMessage(question);
  };
  Object.assign(globalThis, { turnstile: { render } });
}
