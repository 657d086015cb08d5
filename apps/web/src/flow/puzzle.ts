interface Puzzle {
  /** Address of the provider's script. */
  readonly script: string;
  readonly siteKey: string;
  readonly place: HTMLElement;
  readonly solved: (token: string) => void;
  readonly failed: () => void;
}

interface Provider {
  readonly ready?: (then: () => void) => void;
  readonly render: (place: HTMLElement, options: Readonly<Record<string, unknown>>) => unknown;
  readonly execute?: (widget: unknown) => unknown;
}

/** Providers by the name that their script gives itself. */
const NAMES = ['grecaptcha', 'hcaptcha', 'turnstile'] as const;

/** Runs a provider's puzzle, unseen where it can be. */
export async function runPuzzle(puzzle: Puzzle): Promise<void> {
  await load(puzzle.script);
  const name = NAMES.find((known) => known in window);
  if (!name) throw new Error('this script is of no provider that is known');
  const provider = (window as unknown as Readonly<Record<string, Provider>>)[name] as Provider;
  if (provider.ready && name === 'grecaptcha') await new Promise<void>((resolve) => provider.ready?.(resolve));
  // A provider draws into a place once; each puzzle has one of its own.
  const place = document.createElement('div');
  puzzle.place.replaceChildren(place);
  const widget = provider.render(place, {
    sitekey: puzzle.siteKey,
    callback: puzzle.solved,
    'error-callback': puzzle.failed,
    ...(name === 'turnstile' ? {} : { size: 'invisible' }),
  });
  if (name !== 'turnstile') provider.execute?.(widget);
}

const loaded = new Map<string, Promise<void>>();

function load(address: string): Promise<void> {
  const loading = loaded.get(address) ?? insert(address);
  loaded.set(address, loading);
  return loading;
}

const insert = (address: string) =>
  new Promise<void>((resolve, reject) => {
    const script = document.createElement('script');
    script.src = address;
    script.async = true;
    script.onload = () => resolve();
    script.onerror = () => {
      loaded.delete(address);
      script.remove();
      reject(new Error('the script of the provider cannot be loaded'));
    };
    document.head.append(script);
  });
