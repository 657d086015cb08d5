/** @jsxImportSource react */
/** A page that mounts and unmounts a login in strict mode. */
import { createClient } from '@gatehouse/client';
import { Flow, type FlowComponents } from '@gatehouse/react';
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';

const client = createClient({
  baseUrl: document.querySelector<HTMLMetaElement>('meta[name=gatehouse]')?.content ?? '',
});
const components: FlowComponents = {
  fallback: ({ challenge }) => <p>{challenge.component}</p>,
  denied: ({ result }) => <p>{result.message}</p>,
  error: ({ result }) => <p>{result.message}</p>,
  loading: () => <p>Loading</p>,
};

function Page() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" onClick={() => setOpen(!open)}>
        Toggle
      </button>
      {open && (
        <Flow client={client} flow="default-authentication-flow" components={components} onRedirect={() => undefined} />
      )}
    </>
  );
}

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);
