import type { Translate } from '@gatehouse/texts/browser';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { FlowPageData } from '../page.js';

/** What somebody gave, by field. */
export type FormAnswer = Readonly<Record<string, unknown>>;

/** What every part of a page may use. */
export interface PageContext {
  readonly opened: FlowPageData;
  readonly t: Translate;
  /** Whether an answer is under way: nothing else can be sent until it is there. */
  readonly busy: boolean;
  /** Whether somebody looks on who wants to see where the flow leads before it does; undefined until that is known. */
  readonly inspected: boolean | undefined;
  /** Whether another site opened the page and nobody has acted on it: it sends no message by itself then. */
  readonly waits: boolean;
  /** Answers the challenge for somebody who acted. */
  readonly answer: (fields: FormAnswer) => void;
  /** Answers the challenge by itself. */
  readonly answerUnasked: (fields: FormAnswer) => void;
  /** Sends something that judges nothing, and says what came back. */
  readonly ask: (fields: FormAnswer) => Promise<FormAnswer | undefined>;
  /** Asks for the current challenge again. */
  readonly again: () => void;
}

const Context = createContext<PageContext | undefined>(undefined);

/** Gives all parts within what they may use. */
export const PageProvider = Context.Provider;

/** What the page around offers. */
export function usePage(): PageContext {
  const page = useContext(Context);
  if (!page) throw new Error('this part stands outside of a page');
  return page;
}
