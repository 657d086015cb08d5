interface Captcha {
  /** URL of the provider's script. */
  readonly script: string;
  readonly siteKey: string;
  /** Action name, for providers that support action names. */
  readonly action: string | undefined;
  /** Whether the provider shows its widget, and starts when the visitor acts in it. */
  readonly interactive: boolean;
  readonly container: HTMLElement;
  readonly onSolved: (token: string) => void;
  readonly onFailed: () => void;
}

interface Provider {
  readonly ready?: (then: () => void) => void;
  readonly render: (container: HTMLElement, options: Readonly<Record<string, unknown>>) => unknown;
  readonly execute?: (widget: unknown, options: Readonly<Record<string, unknown>>) => unknown;
}

/** Global names that provider scripts define. */
const GLOBAL_NAMES = ['grecaptcha', 'hcaptcha', 'turnstile'] as const;

/** Runs the captcha of a provider, invisibly if the provider supports it and the captcha is not interactive. */
export async function runCaptcha(captcha: Captcha): Promise<void> {
  const { name, provider } = await load(captcha.script);
  if (provider.ready && name === 'grecaptcha') await new Promise<void>((resolve) => provider.ready?.(resolve));
  // A provider renders into an element only once, so each captcha gets a new element.
  const element = document.createElement('div');
  captcha.container.replaceChildren(element);
  const actionOption = captcha.action === undefined ? {} : { action: captcha.action };
  const widget = provider.render(element, {
    sitekey: captcha.siteKey,
    callback: captcha.onSolved,
    'error-callback': captcha.onFailed,
    ...(name === 'turnstile' ? actionOption : captcha.interactive ? {} : { size: 'invisible' }),
  });
  if (name !== 'turnstile' && !captcha.interactive) provider.execute?.(widget, actionOption);
}

/** A loaded provider with the name of the global that its script defined. */
interface LoadedProvider {
  readonly name: (typeof GLOBAL_NAMES)[number];
  readonly provider: Provider;
}

const loaded = new Map<string, Promise<LoadedProvider>>();

function load(address: string): Promise<LoadedProvider> {
  const loading = loaded.get(address) ?? insert(address);
  loaded.set(address, loading);
  return loading;
}

/**
 * Loads a script. Recognises the provider by the global that changed, because another provider may be loaded already.
 */
async function insert(address: string): Promise<LoadedProvider> {
  const before = currentGlobals();
  try {
    await run(address);
    const after = currentGlobals();
    const name = GLOBAL_NAMES.find((candidate) => after[candidate] !== before[candidate]);
    if (!name) throw new Error('the captcha script defines none of the supported providers');
    return { name, provider: after[name] as Provider };
  } catch (error) {
    loaded.delete(address);
    throw error;
  }
}

const currentGlobals = () => {
  const globals = window as unknown as Readonly<Record<string, Provider | undefined>>;
  return Object.fromEntries(GLOBAL_NAMES.map((name) => [name, globals[name]]));
};

const run = (address: string) =>
  new Promise<void>((resolve, reject) => {
    const script = document.createElement('script');
    script.src = address;
    script.async = true;
    script.onload = () => resolve();
    script.onerror = () => {
      script.remove();
      reject(new Error('the captcha script cannot be loaded'));
    };
    document.head.append(script);
  });
