import type { Translate } from '@gatehouse/texts/browser';
import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { Schemas } from './schema.js';

/** What every part of the API's page may use. */
export interface ApiContext {
  readonly t: Translate;
  /** Undefined until they have come. */
  readonly schemas: Schemas | undefined;
}

/** Where the published schema is. */
export const DOCUMENT_ADDRESS = '/api/v3/schema/?format=json';

const Context = createContext<ApiContext | undefined>(undefined);

/** Gives all parts within what they may use. */
export const ApiProvider = Context.Provider;

/** What the page around offers. */
export function useApi(): ApiContext {
  const api = useContext(Context);
  if (!api) throw new Error('this part stands outside of the page of the API');
  return api;
}

/** The schemas that the published one names, fetched once the page is there. */
export function useSchemas(): Schemas | undefined {
  const [schemas, see] = useState<Schemas>();
  useEffect(() => {
    const fetched = fetch(DOCUMENT_ADDRESS).then((response) => response.json());
    // Without them the page shows as much as without a script.
    void fetched.then(({ components }) => see((components as { schemas: Schemas }).schemas)).catch(() => undefined);
  }, []);
  return schemas;
}
