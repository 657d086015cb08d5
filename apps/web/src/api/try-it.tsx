import { executorPath } from '@gatehouse/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { callApi } from '../flow/api.js';
import { useApi } from './api.context.js';
import { exampleResponse } from './example.js';

/** The HTTP response to a request that the form sent. */
interface TryItResponse {
  readonly status: string;
  readonly body: string;
  /** The component of the challenge, if the body is a challenge. */
  readonly component: string | undefined;
}

/** Lets the visitor run a flow manually: get the challenge, fill in the response, send it. */
export function TryIt({ flow }: { flow: string }) {
  const { t } = useApi();
  const [response, setResponse] = useState<TryItResponse>();
  const executorUrl = useRef('');
  const getChallenge = async (slug: string, query: string) => {
    executorUrl.current = executorPath(slug, query);
    setResponse(await send(executorUrl.current));
  };
  const answer = async (body: string) => setResponse(await send(executorUrl.current, body));
  return (
    <section aria-labelledby="try" class="scripted try">
      <h2 id="try">{t('Try a flow')}</h2>
      <ChallengeForm flow={flow} getChallenge={getChallenge} />
      <div role="status">
        {response && (
          <p>
            <strong>{response.status}</strong> <code>{response.component}</code>
          </p>
        )}
      </div>
      {response && (
        <pre class="trace" tabIndex={0} role="region" aria-label={t('What came back')}>
          {response.body}
        </pre>
      )}
      {response?.component && <ResponseForm key={response.body} component={response.component} answer={answer} />}
    </section>
  );
}

/** Returns the value of a form field. */
const formValue = (event: SubmitEvent, name: string) =>
  String(new FormData(event.currentTarget as HTMLFormElement).get(name) ?? '');

interface ChallengeFormProps {
  readonly flow: string;
  readonly getChallenge: (slug: string, query: string) => Promise<void>;
}

function ChallengeForm({ flow, getChallenge }: ChallengeFormProps) {
  const { t } = useApi();
  // The button is disabled before hydration, because the browser would then submit the form to the URL of this page.
  const [ready, setReady] = useState(false);
  useEffect(() => setReady(true), []);
  const get = (event: SubmitEvent) => {
    event.preventDefault();
    void getChallenge(formValue(event, 'slug'), formValue(event, 'query'));
  };
  return (
    <form onSubmit={get}>
      <div class="choice">
        <div class="field">
          <label for="slug">{t('Slug of the flow')}</label>
          <input id="slug" name="slug" required pattern="[\-a-zA-Z0-9_]+" defaultValue={flow} autocomplete="off" />
        </div>
        <div class="field">
          <label for="query">{t('Query of its page')}</label>
          <input id="query" name="query" placeholder="next=/" autocomplete="off" />
        </div>
      </div>
      <button class="plain" disabled={!ready}>
        {t('GET the challenge')}
      </button>
    </form>
  );
}

interface ResponseFormProps {
  readonly component: string;
  readonly answer: (body: string) => Promise<void>;
}

/** A form for the challenge response, prefilled from its schema. Renders nothing for a challenge without a response. */
function ResponseForm({ component, answer }: ResponseFormProps) {
  const { t, schemas } = useApi();
  const [isInvalid, setIsInvalid] = useState(false);
  const example = exampleResponse(component, schemas ?? {});
  if (!example) return null;
  const post = (event: SubmitEvent) => {
    event.preventDefault();
    const body = formValue(event, 'answer');
    setIsInvalid(!isJson(body));
    if (isJson(body)) void answer(body);
  };
  return (
    <form onSubmit={post}>
      <ResponseField example={JSON.stringify(example, undefined, 2)} isInvalid={isInvalid} />
      <button class="main">{t('POST the answer')}</button>
    </form>
  );
}

function ResponseField({ example, isInvalid }: { example: string; isInvalid: boolean }) {
  const { t } = useApi();
  const described = isInvalid ? ({ 'aria-invalid': true, 'aria-describedby': 'answer-error' } as const) : {};
  return (
    <div class="field">
      <label for="answer">{t('Your answer')}</label>
      <textarea id="answer" name="answer" rows={8} spellcheck={false} defaultValue={example} {...described} />
      {isInvalid && (
        <p class="error" id="answer-error" role="alert">
          {t('This is no JSON.')}
        </p>
      )}
    </div>
  );
}

async function send(address: string, body?: string): Promise<TryItResponse> {
  try {
    const response = await callApi(address, body === undefined ? {} : { body });
    return toTryItResponse(`${response.status} ${response.statusText}`, await response.text());
  } catch (error) {
    return { status: String(error), body: '', component: undefined };
  }
}

function toTryItResponse(status: string, text: string): TryItResponse {
  if (!isJson(text)) return { status, body: text, component: undefined };
  const value = JSON.parse(text) as { readonly component?: unknown } | null;
  const component = typeof value?.component === 'string' ? value.component : undefined;
  return { status, body: JSON.stringify(value, undefined, 2), component };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
