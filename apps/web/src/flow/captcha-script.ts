interface Puzzle {
  /** Address of the provider's script. */
  readonly script: string;
  readonly siteKey: string;
  /** What the puzzle is for, where the provider is to be told. */
  readonly action: string | undefined;
  readonly place: HTMLElement;
  readonly solved: (token: string) => void;
  readonly failed: () => void;
}

interface Provider {
  readonly ready?: (then: () => void) => void;
  readonly render: (place: HTMLElement, options: Readonly<Record<string, unknown>>) => unknown;
  readonly execute?: (widget: unknown, options: Readonly<Record<string, unknown>>) => unknown;
}

/** Providers by the name that their script gives itself. */
const NAMES = ['grecaptcha', 'hcaptcha', 'turnstile'] as const;

/** Runs a provider's puzzle, unseen where it can be. */
export async function runCaptcha(puzzle: Puzzle): Promise<void> {
  const { name, provider } = await load(puzzle.script);
  if (provider.ready && name === 'grecaptcha') await new Promise<void>((resolve) => provider.ready?.(resolve));
  // A provider draws into a place once; each puzzle has one of its own.
  const place = document.createElement('div');
  puzzle.place.replaceChildren(place);
  const named = puzzle.action === undefined ? {} : { action: puzzle.action };
  const widget = provider.render(place, {
    sitekey: puzzle.siteKey,
    callback: puzzle.solved,
    'error-callback': puzzle.failed,
    ...(name === 'turnstile' ? named : { size: 'invisible' }),
  });
  if (name !== 'turnstile') provider.execute?.(widget, named);
}

/** A provider, under the name that its script gives it. */
interface Loaded {
  readonly name: (typeof NAMES)[number];
  readonly provider: Provider;
}

const loaded = new Map<string, Promise<Loaded>>();

function load(address: string): Promise<Loaded> {
  const loading = loaded.get(address) ?? insert(address);
  loaded.set(address, loading);
  return loading;
}

/** Scripts of several providers may come one after the other, and each leaves its name behind. */
async function insert(address: string): Promise<Loaded> {
  const before = present();
  try {
    await run(address);
    const after = present();
    const name = NAMES.find((known) => after[known] !== before[known]);
    if (!name) throw new Error('this script is of no provider that is known');
    return { name, provider: after[name] as Provider };
  } catch (error) {
    loaded.delete(address);
    throw error;
  }
}

const present = () => {
  const all = window as unknown as Readonly<Record<string, Provider | undefined>>;
  return Object.fromEntries(NAMES.map((name) => [name, all[name]]));
};

const run = (address: string) =>
  new Promise<void>((resolve, reject) => {
    const script = document.createElement('script');
    script.src = address;
    script.async = true;
    script.onload = () => resolve();
    script.onerror = () => {
      script.remove();
      reject(new Error('the script of the provider cannot be loaded'));
    };
    document.head.append(script);
  });
