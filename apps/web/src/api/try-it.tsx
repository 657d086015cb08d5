import { useEffect, useRef, useState } from 'preact/hooks';
import { callApi, executorAddress } from '../flow/api.js';
import { useApi } from './api.context.js';
import { answerTo } from './example.js';

/** What came back, as it was. */
interface TryItResponse {
  readonly status: string;
  readonly body: string;
  /** Of the challenge that it is. */
  readonly component: string | undefined;
}

/** Walks a flow by hand: look at the challenge, fill in the answer, send it. */
export function TryIt({ flow }: { flow: string }) {
  const { t } = useApi();
  const [heard, hear] = useState<TryItResponse>();
  const asked = useRef('');
  const look = async (slug: string, query: string) => {
    asked.current = executorAddress(slug, query);
    hear(await send(asked.current));
  };
  const answer = async (body: string) => hear(await send(asked.current, body));
  return (
    <section aria-labelledby="try" class="scripted try">
      <h2 id="try">{t('Try a flow')}</h2>
      <Question flow={flow} look={look} />
      <div role="status">
        {heard && (
          <p>
            <strong>{heard.status}</strong> <code>{heard.component}</code>
          </p>
        )}
      </div>
      {heard && (
        <pre class="trace" tabIndex={0} role="region" aria-label={t('What came back')}>
          {heard.body}
        </pre>
      )}
      {heard?.component && <Answer key={heard.body} component={heard.component} answer={answer} />}
    </section>
  );
}

/** What a form says of a field. */
const formValue = (event: SubmitEvent, name: string) =>
  String(new FormData(event.currentTarget as HTMLFormElement).get(name) ?? '');

interface QuestionProps {
  readonly flow: string;
  readonly look: (slug: string, query: string) => Promise<void>;
}

function Question({ flow, look }: QuestionProps) {
  const { t } = useApi();
  // Before the script is there, the form would go to the page itself.
  const [ready, setReady] = useState(false);
  useEffect(() => setReady(true), []);
  const get = (event: SubmitEvent) => {
    event.preventDefault();
    void look(formValue(event, 'slug'), formValue(event, 'query'));
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

interface AnswerProps {
  readonly component: string;
  readonly answer: (body: string) => Promise<void>;
}

/** A form for the answer, filled in as far as the schema goes; none where nothing is to be answered. */
function Answer({ component, answer }: AnswerProps) {
  const { t, schemas } = useApi();
  const [wrong, setWrong] = useState(false);
  const example = answerTo(component, schemas ?? {});
  if (!example) return null;
  const post = (event: SubmitEvent) => {
    event.preventDefault();
    const body = formValue(event, 'answer');
    setWrong(!isJson(body));
    if (isJson(body)) void answer(body);
  };
  return (
    <form onSubmit={post}>
      <AnswerField example={JSON.stringify(example, undefined, 2)} wrong={wrong} />
      <button class="main">{t('POST the answer')}</button>
    </form>
  );
}

function AnswerField({ example, wrong }: { example: string; wrong: boolean }) {
  const { t } = useApi();
  const described = wrong ? ({ 'aria-invalid': true, 'aria-describedby': 'answer-error' } as const) : {};
  return (
    <div class="field">
      <label for="answer">{t('Your answer')}</label>
      <textarea id="answer" name="answer" rows={8} spellcheck={false} defaultValue={example} {...described} />
      {wrong && (
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
