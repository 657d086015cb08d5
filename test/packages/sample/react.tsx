/** @jsxImportSource react */
import { createClient } from '@gatehouse/client';
import {
  type ChallengeProps,
  type ExternalProps,
  Flow,
  type FlowComponents,
  type FlowHandle,
  type FlowProps,
  type FlowState,
  type StepProps,
  type UseFlowOptions,
  useFlow,
} from '@gatehouse/react';

const client = createClient({ baseUrl: 'https://login.example.org' });

function Password({ challenge, solve, pending }: ChallengeProps<'ak-stage-password'>) {
  const [error] = challenge.response_errors?.password ?? [];
  // @ts-expect-error The response of this challenge has another field.
  const wrong = () => solve({ code: '1' });
  return (
    <button type="button" disabled={pending} onClick={() => (error ? wrong() : solve({ password: 'x' }))}>
      {challenge.pending_user}
    </button>
  );
}

const Quiz = ({ challenge, solve }: ExternalProps) => (
  <button type="button" onClick={() => solve({ answer: challenge.component })} />
);

const components: FlowComponents = {
  'ak-stage-password': Password,
  // @ts-expect-error The component takes another challenge.
  'ak-stage-dummy': Password,
  external: { 'acme-quiz': Quiz },
  fallback: ({ challenge }) => <a href="https://login.example.org/if/flow/login/">{challenge.component}</a>,
  denied: ({ result }) => <p>{result.message}</p>,
  error: ({ result, retry }) => (
    <button type="button" onClick={retry}>
      {result.message}
    </button>
  ),
};

// @ts-expect-error `fallback`, `denied` and `error` are needed, so that a visitor always sees something.
export const incomplete: FlowComponents = {};

const props: FlowProps = { client, flow: 'login', components, onRedirect: (to) => location.assign(to) };
export const App = () => <Flow {...props} query="next=/" />;

const options: UseFlowOptions = { query: '' };

export function OwnPage({ waiting }: Partial<StepProps<never, never>>) {
  const flow: FlowHandle = useFlow(client, 'login', options);
  const { result, step }: Pick<FlowState, 'result' | 'step'> = flow;
  if (result?.kind !== 'challenge') return <p>{waiting?.reason}</p>;
  return (
    <button key={step} type="button" onClick={flow.refresh}>
      {result.challenge.component}
    </button>
  );
}
