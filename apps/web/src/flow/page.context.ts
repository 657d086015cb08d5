import type { Translate } from '@gatehouse/texts/browser';
import { createContext } from 'preact';
import { type MutableRef, useContext, useLayoutEffect } from 'preact/hooks';
import type { FlowPageData } from '../page.js';

/** The answer to a challenge, by field. */
export type FormAnswer = Readonly<Record<string, unknown>>;

/** The context of all components of a flow page. */
export interface PageContext {
  readonly pageData: FlowPageData;
  readonly t: Translate;
  /** Whether the page is sending an answer. It sends no other answer until the reply arrives. */
  readonly busy: boolean;
  /**
   * The button that the visitor has pressed last, which shows a spinner while the page waits. Null if no button was
   * pressed.
   */
  readonly pressed: MutableRef<HTMLButtonElement | null>;
  /**
   * Whether the flow inspector is open, which stops automatic redirects. Undefined until the inspector has fetched the
   * run.
   */
  readonly inspected: boolean | undefined;
  /**
   * Whether another site opened the page and the visitor has not acted yet. The page then requests no text message and
   * no Duo push automatically.
   */
  readonly awaitsAction: boolean;
  /** Answers the challenge after an action of the visitor. */
  readonly answer: (fields: FormAnswer) => void;
  /** Answers the challenge automatically. */
  readonly answerAutomatically: (fields: FormAnswer) => void;
  /**
   * Sends a request that does not answer the challenge, such as the choice of a device, even while `busy`. Returns the
   * new data of the same challenge, or undefined if there is no reply or the flow has left this step.
   */
  readonly sendRequest: (fields: FormAnswer) => Promise<FormAnswer | undefined>;
  /**
   * Returns the current challenge without showing it. The next answer then names the step of this challenge, also if a
   * new run has replaced an expired one. Returns undefined while `busy`, if there is no reply, and if the flow is no
   * longer at this step.
   */
  readonly fetchChallenge: () => Promise<FormAnswer | undefined>;
  /** Fetches the current challenge again, and shows it. */
  readonly refetch: () => void;
  /** Replaces the heading of the step. `undefined` restores it. */
  readonly setHeading: (text: string | undefined) => void;
}

const Context = createContext<PageContext | undefined>(undefined);

/** Provides the context to its children. */
export const PageProvider = Context.Provider;

/** Returns the context. Throws outside of a PageProvider. */
export function usePage(): PageContext {
  const page = useContext(Context);
  if (!page) throw new Error('usePage must be called inside a PageProvider');
  return page;
}

/**
 * Replaces the heading of the page while the calling component is mounted, such as one that shows a chosen device.
 * When the heading changes and no element has the focus, `useFocus` moves the focus to the first field, or to the
 * heading if there is no field. `undefined` keeps the heading.
 */
export function useHeading(text: string | undefined): void {
  const { setHeading } = usePage();
  useLayoutEffect(() => {
    if (text === undefined) return undefined;
    setHeading(text);
    return () => setHeading(undefined);
  }, [text]);
}
