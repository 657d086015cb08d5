/** @jsxImportSource react */
/** The same login in React. */
import type { FieldError } from '@gatehouse/client';
import { type ChallengeProps, Flow, type FlowComponents } from '@gatehouse/react';
import { type FormEvent, StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { client, currentUser, gatehouse, LOGIN, LOGOUT, waitingText } from './session.js';

interface FieldFormProps {
  readonly label: string;
  readonly type?: 'text' | 'password';
  readonly errors: readonly FieldError[] | undefined;
  readonly pending: boolean;
  readonly onAnswer: (value: string) => void;
}

function FieldForm({ label, type = 'text', errors = [], pending, onAnswer }: FieldFormProps) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onAnswer(String(new FormData(event.currentTarget).get('value')));
  };
  return (
    <form onSubmit={submit} aria-busy={pending}>
      <label>
        {label} <input name="value" type={type} />
      </label>
      <button type="submit">Continue</button>
      {errors.map(({ string }) => (
        <p key={string} role="alert">
          {string}
        </p>
      ))}
    </form>
  );
}

const Identification = ({ challenge, solve, pending }: ChallengeProps<'ak-stage-identification'>) => (
  <FieldForm
    label="Username"
    errors={challenge.response_errors?.uid_field ?? challenge.response_errors?.non_field_errors}
    pending={pending}
    onAnswer={(uid_field) => solve({ uid_field })}
  />
);

const Password = ({ challenge, solve, pending }: ChallengeProps<'ak-stage-password'>) => (
  <FieldForm
    label="Password"
    type="password"
    errors={challenge.response_errors?.password}
    pending={pending}
    onAnswer={(password) => solve({ password })}
  />
);

const Code = ({ challenge, solve, pending }: ChallengeProps<'ak-stage-authenticator-validate'>) => (
  <FieldForm
    label="Code"
    errors={challenge.response_errors?.code}
    pending={pending}
    onAnswer={(code) => solve({ code })}
  />
);

const components: FlowComponents = {
  'ak-stage-identification': Identification,
  'ak-stage-password': Password,
  'ak-stage-authenticator-validate': Code,
  loading: ({ waiting }) => (waiting ? <p role="status">{waitingText(waiting)}</p> : null),
  fallback: () => <a href={`${gatehouse}/if/flow/${LOGIN}/`}>Continue at Gatehouse</a>,
  denied: ({ result }) => <p role="status">{result.message}</p>,
  error: ({ result, retry }) => (
    <>
      <p role="status">{result.message}</p>
      <button type="button" onClick={retry}>
        Try again
      </button>
    </>
  ),
};

function App() {
  // Undefined until Gatehouse has answered, null for an anonymous visitor.
  const [user, setUser] = useState<string | null>();
  const [leaving, setLeaving] = useState(false);
  const [endedFlows, setEndedFlows] = useState(0);
  useEffect(() => {
    let isLatest = true;
    void currentUser().then((name) => isLatest && setUser(name ?? null));
    // A response that arrives late must not replace a newer one, such as the response after a logout.
    return () => {
      isLatest = false;
    };
  }, [endedFlows]);
  const end = () => {
    setLeaving(false);
    setEndedFlows((count) => count + 1);
  };
  if (user === undefined) return null;
  if (user === null || leaving)
    return <Flow client={client} flow={leaving ? LOGOUT : LOGIN} components={components} onRedirect={end} />;
  return (
    <>
      <p role="status">Signed in as {user}.</p>
      <button type="button" onClick={() => setLeaving(true)}>
        Log out
      </button>
    </>
  );
}

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
