/** Returns the blueprint entry of a user. */
export const userEntry = (username: string, attrs: Readonly<Record<string, unknown>> = {}) => ({
  model: 'authentik_core.user',
  id: `user ${username}`,
  identifiers: { username },
  attrs: { name: username, email: `${username}@example.org`, password: 'correct-horse-7', ...attrs },
});

/** Returns the blueprint entry of an API token. The entry must follow the `userEntry` of that user. */
export const tokenEntry = (username: string, key: string, attrs: Readonly<Record<string, unknown>> = {}) => ({
  model: 'authentik_core.token',
  identifiers: { identifier: `${username}-${key.slice(0, 8)}` },
  attrs: { key, intent: 'api', user: keyOf(`user ${username}`), ...attrs },
});

/** Returns the blueprint entry of a group. `parent` is the name of an earlier group. */
export const groupEntry = (name: string, { users = [], parent }: { users?: string[]; parent?: string } = {}) => ({
  model: 'authentik_core.group',
  id: `group ${name}`,
  identifiers: { name },
  attrs: {
    users: users.map((username) => keyOf(`user ${username}`)),
    ...(parent === undefined ? {} : { parent: keyOf(`group ${parent}`) }),
  },
});

/** Returns the blueprint entry of a group or user binding of a flow, or of a step of a flow. */
export const conditionEntry = (
  target: string | readonly [slug: string, step: number],
  subject: `group ${string}` | `user ${string}`,
  attrs: Readonly<Record<string, unknown>> = {},
) => ({
  model: 'authentik_policies.policybinding',
  identifiers: {
    target: keyOf(typeof target === 'string' ? target : `${target[0]}-${target[1]} bound`),
    [subject.startsWith('group') ? 'group' : 'user']: keyOf(subject),
    order: 0,
  },
  attrs,
});

interface BoundStage {
  /**
   * App label and model of a stage without `authentik_stages_`, such as `password.passwordstage`, or the kind of an
   * external stage.
   */
  readonly stage: string;
  readonly attrs?: Readonly<Record<string, unknown>>;
  readonly binding?: Readonly<Record<string, unknown>>;
}

/** Returns the blueprint entries of a flow with its stages, bound in this order. The slug makes all names unique. */
export const flowEntries = (
  slug: string,
  stages: readonly BoundStage[],
  attrs: Readonly<Record<string, unknown>> = {},
) => [
  {
    model: 'authentik_flows.flow',
    id: slug,
    identifiers: { slug },
    attrs: { name: slug, title: 'Welcome', designation: 'authentication', ...attrs },
  },
  ...stages.flatMap(({ stage, attrs: config = {}, binding = {} }, i) => [
    {
      model: stage.startsWith('x_') ? 'gatehouse_stages.remotestage' : `authentik_stages_${stage}`,
      id: `${slug}-${i}`,
      identifiers: { name: `${slug} ${i} ${stage}` },
      attrs: stage.startsWith('x_') ? { kind: stage, config } : config,
    },
    {
      model: 'authentik_flows.flowstagebinding',
      id: `${slug}-${i} bound`,
      identifiers: { target: keyOf(slug), stage: keyOf(`${slug}-${i}`), order: i * 10 },
      attrs: binding,
    },
  ]),
];

/** Entry of the brand of a domain and the hosts below it. */
export const brandEntry = (domain: string, attrs: Readonly<Record<string, unknown>>) => ({
  ...{ model: 'authentik_brands.brand', identifiers: { domain }, attrs },
});

class KeyOf {
  constructor(readonly id: string) {}
}
/** Returns a `!KeyOf` reference to another entry by the id of that entry. */
export const keyOf = (id: string) => new KeyOf(id);

export const IDENTIFICATION: BoundStage = {
  stage: 'identification.identificationstage',
  attrs: { user_fields: ['username', 'email'] },
};
export const PASSWORD: BoundStage = {
  stage: 'password.passwordstage',
  attrs: { backends: ['authentik.core.auth.InbuiltBackend'] },
};
export const LOGIN: BoundStage = { stage: 'user_login.userloginstage' };
export const LOGOUT: BoundStage = { stage: 'user_logout.userlogoutstage' };
export const EMAIL: BoundStage = { stage: 'email.emailstage', attrs: { use_global_settings: true } };
export const DUMMY: BoundStage = { stage: 'dummy.dummystage' };

/** Returns the text of a blueprint file with these entries: JSON, which is valid YAML, with `!KeyOf` tags. */
export function blueprint(...entries: readonly unknown[]): string {
  const json = JSON.stringify({ version: 1, entries: entries.flat() }, (_, value: unknown) =>
    value instanceof KeyOf ? `!KeyOf ${value.id}` : value,
  );
  return json.replace(/"(!KeyOf [^"]+)"/g, '$1');
}
