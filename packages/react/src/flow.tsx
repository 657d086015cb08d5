/** @jsxImportSource react */
import type {
  Challenge,
  ChallengeOf,
  ChallengeResult,
  Client,
  Component,
  DeniedResult,
  ErrorResult,
  ExternalChallenge,
  ResponseOf,
  Wait,
} from '@gatehouse/client';
import { type ComponentType, useEffect, useRef } from 'react';
import { type FlowHandle, useFlow } from './use-flow.js';

/** The props of a component that shows a challenge. */
export interface StepProps<C extends Challenge, Fields> {
  readonly challenge: C;
  /** Answers the challenge. The component of the challenge is added. Does nothing while a request is under way. */
  readonly solve: (fields: Fields) => void;
  /** Fetches the challenge again. */
  readonly refresh: () => void;
  /** Whether a request is under way. */
  readonly pending: boolean;
  /** The pause before a request is repeated, while the service is unavailable. */
  readonly waiting: Wait | undefined;
  /** Set if it is unknown whether the last response was processed, so that the visitor has to answer again. */
  readonly interrupted: ChallengeResult['interrupted'];
  /** Whether the run had expired, so that the steps begin again. */
  readonly restarted: boolean;
}

/** The props of a component for the challenges of a built-in stage. */
export type ChallengeProps<C extends Component> = StepProps<ChallengeOf<C>, Omit<ResponseOf<C>, 'component'>>;

/** The props of a component for the challenges of an external stage. */
export type ExternalProps = StepProps<ExternalChallenge, Readonly<Record<string, unknown>>>;

/** The components that show a flow. */
export type FlowComponents = {
  readonly [C in Component]?: ComponentType<ChallengeProps<C>>;
} & {
  /** Shows challenges of external stages, by component. */
  readonly external?: Readonly<Record<string, ComponentType<ExternalProps>>>;
  /** Shows a challenge that has no component in the registry, for example with a link to the page of the flow. */
  readonly fallback: ComponentType<StepProps<Challenge, Readonly<Record<string, unknown>>>>;
  /** Shows that access is denied. */
  readonly denied: ComponentType<{ readonly result: DeniedResult }>;
  /** Shows an error, with a way to try again. */
  readonly error: ComponentType<{ readonly result: ErrorResult; readonly retry: () => void }>;
  /** Shown until the first challenge has arrived, and after a redirect. Default: nothing. */
  readonly loading?: ComponentType<{ readonly waiting: Wait | undefined }>;
};

/** The props of `Flow`. */
export interface FlowProps {
  /** Must stay the same object between renders. */
  readonly client: Client;
  /** Slug of the flow. */
  readonly flow: string;
  /** Query of the page that shows the flow. Another query starts another run. */
  readonly query?: string;
  readonly components: FlowComponents;
  /** Called when the flow has ended, or continues at `to`. */
  readonly onRedirect: (to: string) => void;
}

/** Runs a flow, and shows each challenge by its component in the registry. */
export function Flow({ client, flow, query = '', components, onRedirect }: FlowProps) {
  const handle = useFlow(client, flow, { query });
  const { result, waiting } = handle;
  const latest = useRef(onRedirect);
  useEffect(() => {
    latest.current = onRedirect;
  });
  useEffect(() => {
    if (result?.kind === 'redirect') latest.current(result.to);
  }, [result]);

  const { denied: Denied, error: Failed, loading: Loading } = components;
  switch (result?.kind) {
    case 'challenge':
      return <Step key={handle.step} result={result} handle={handle} components={components} />;
    case 'denied':
      return <Denied result={result} />;
    case 'error':
      return <Failed result={result} retry={handle.refresh} />;
    default:
      return Loading ? <Loading waiting={waiting} /> : null;
  }
}

interface StepState {
  readonly result: ChallengeResult;
  readonly handle: FlowHandle;
  readonly components: FlowComponents;
}

function Step({ result, handle, components }: StepState) {
  const { challenge, interrupted, restarted = false } = result;
  const { pending, waiting, refresh } = handle;
  const Shown = componentFor(challenge, components);
  const solve = (fields: Readonly<Record<string, unknown>>) =>
    handle.solve({ ...fields, component: (challenge as ExternalChallenge).component });
  return <Shown {...{ challenge, solve, refresh, pending, waiting, interrupted, restarted }} />;
}

type AnyStep = ComponentType<StepProps<Challenge, Readonly<Record<string, unknown>>>>;

/** Returns the component of a challenge. The registry's type guarantees that it takes this challenge. */
function componentFor({ component }: Challenge, components: FlowComponents): AnyStep {
  const { external = {}, fallback, denied: _denied, error: _error, loading: _loading, ...builtIn } = components;
  for (const registry of [builtIn, external])
    if (Object.hasOwn(registry, component))
      return (registry as Readonly<Record<string, AnyStep>>)[component] ?? fallback;
  return fallback;
}
