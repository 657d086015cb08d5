import type { StageNames } from './stage-name.js';

/** Texts of files, by path. */
export type Files = Readonly<Record<string, string>>;

/** What a new contract declares besides the names of its stage. */
export interface Declared {
  /** The service that runs the stage. */
  readonly service: string;
  /** The first version that will have the stage. */
  readonly since: string;
}

/** Returns the files of a stage that asks a question, by path. */
export const askingStage = (names: StageNames, declared: Declared): Files => ({
  ...stageFiles(names, {
    contract: askingContract(names, declared),
    handler: askingHandler(names),
    spec: askingSpec(names),
    readme: `Asks the visitor a question. Yes continues the flow, no ends it. authentik has no such stage.

| config | default | meaning |
| --- | --- | --- |
| \`question\` | | the question, up to 1000 characters |
`,
  }),
  [`apps/web/src/challenges/${names.folder}.tsx`]: page(names),
});

/** Returns the files of a stage that never asks, by path. */
export const silentStage = (names: StageNames, declared: Declared): Files =>
  stageFiles(names, {
    contract: silentContract(names, declared),
    handler: silentHandler(names),
    spec: silentSpec(names),
    readme: `Shows the visitor a message (a toast) and passes. authentik has no such stage.

| config | default | meaning |
| --- | --- | --- |
| \`text\` | | the message, up to 1000 characters |
`,
  });

interface Contents {
  readonly contract: string;
  readonly handler: string;
  readonly spec: string;
  readonly readme: string;
}

function stageFiles(
  { folder, title, camel, pascal, kind }: StageNames,
  { contract, handler, spec, readme }: Contents,
): Files {
  const path = `libs/stages/src/${folder}`;
  return {
    [`${path}/README.md`]: `# ${title}\n\n${readme}`,
    [`${path}/${folder}.contract.ts`]: contract,
    [`${path}/${folder}.stage.ts`]: handler,
    [`${path}/${folder}.stage.spec.ts`]: spec,
    [`${path}/${folder}.module.ts`]: `import { stageModule } from '@gatehouse/stage-kit';
import { ${camel}Contract } from './${folder}.contract.js';
import { ${pascal}Stage } from './${folder}.stage.js';

/** Returns the module that serves the ${kind} stage. */
export const ${camel}Module = () => stageModule(${camel}Contract, ${pascal}Stage);
`,
  };
}

const askingContract = (
  { kind, folder, camel, pascal, component, model }: StageNames,
  { service, since }: Declared,
) => `import { boolean, char, defineStage } from '@gatehouse/contracts';
import { z } from 'zod';

/** Contract of the ${kind} stage, which asks a question (docs/spec/stages.md#${folder}). */
export const ${camel}Contract = defineStage({
  kind: '${kind}',
  component: '${component}',
  model: '${model}',
  service: '${service}',
  preview: {},
  acts: false,
  config: z
    .object({ question: char({ maxLength: 1000 }).describe('Question to the visitor.') })
    .meta({ since: '${since}' }),
  challenge: z
    .object({ question: z.string() })
    .meta({ id: '${pascal}Challenge', description: 'Asks a question that the visitor answers with yes or no.' }),
  response: z
    .object({ agreed: boolean() })
    .meta({ id: '${pascal}ChallengeResponseRequest', description: 'The answer to the question.' }),
  state: z.object({}),
  errors: { ${kind}_declined: { string: 'Request has been denied.', code: 'invalid' } },
});
`;

const askingHandler = ({
  kind,
  folder,
  camel,
  pascal,
}: StageNames) => `import { ask, deny, pass } from '@gatehouse/contracts';
import type { ChallengeInput, RespondInput, Stage } from '@gatehouse/stage-kit';
import { Injectable } from '@nestjs/common';
import type { ${camel}Contract } from './${folder}.contract.js';

type Contract = typeof ${camel}Contract;

/** Asks the configured question. Yes passes, no ends the flow. */
@Injectable()
export class ${pascal}Stage implements Stage<Contract> {
  challenge({ config }: ChallengeInput<Contract>) {
    return ask<Contract>({ question: config.question });
  }

  respond({ response }: RespondInput<Contract>) {
    return response.agreed ? pass<Contract>() : deny<Contract>({ message: { code: '${kind}_declined' } });
  }
}
`;

const askingSpec = ({
  kind,
  folder,
  camel,
  pascal,
}: StageNames) => `import { driveStage } from '@gatehouse/stage-kit/testing';
import { describe, expect, it } from 'vitest';
import { ${camel}Contract } from './${folder}.contract.js';
import { ${pascal}Stage } from './${folder}.stage.js';

const challenge = { question: 'Shall we go on?' };
const drive = () => driveStage(${camel}Contract, new ${pascal}Stage(), { config: challenge });

describe('the ${kind} stage', () => {
  it('asks the question of its config', async () => {
    expect(await drive().show()).toEqual({ type: 'challenge', challenge });
  });

  it('passes with yes', async () => {
    expect(await drive().answer({ agreed: 'true' })).toEqual({ type: 'passed' });
  });

  it('ends the flow with no', async () => {
    const reply = await drive().answer({ agreed: 'false' });
    expect(reply).toEqual({ type: 'denied', message: { code: '${kind}_declined' } });
  });

  it('asks again without an answer', async () => {
    const errors = { agreed: [{ code: 'required' }] };
    expect(await drive().answer({})).toEqual({ type: 'rejected', errors, challenge });
  });
});
`;

const page = ({ kind, pascal }: StageNames) => `import { usePage } from '../flow/page.context.js';
import { Button } from '../ui/button.js';
import { Form } from '../ui/form.js';
import type { Envelope } from './envelope.js';

/** The challenge of the ${kind} stage. */
export interface ${pascal}Challenge extends Envelope {
  readonly question: string;
}

export function ${pascal}({ challenge }: { challenge: ${pascal}Challenge }) {
  const { t } = usePage();
  return (
    <Form challenge={challenge}>
      <p>{challenge.question}</p>
      <div class="choice">
        <Button name="agreed" value="true" autofocus>
          {t('Yes')}
        </Button>
        <Button name="agreed" value="false" plain>
          {t('No')}
        </Button>
      </div>
    </Form>
  );
}
`;

const silentContract = (
  { kind, folder, camel, model }: StageNames,
  { service, since }: Declared,
) => `import { char, defineStage } from '@gatehouse/contracts';
import { z } from 'zod';

/** Contract of the ${kind} stage, which shows a message (docs/spec/stages.md#${folder}). */
export const ${camel}Contract = defineStage({
  kind: '${kind}',
  component: undefined,
  model: '${model}',
  service: '${service}',
  preview: {},
  acts: false,
  config: z
    .object({ text: char({ maxLength: 1000 }).describe('Text of the message.') })
    .meta({ since: '${since}' }),
  challenge: z.object({}),
  response: z.object({}),
  state: z.object({}),
  effects: ['toast'],
});
`;

const silentHandler = ({ folder, camel, pascal }: StageNames) => `import { pass, toast } from '@gatehouse/contracts';
import type { ChallengeInput, Stage } from '@gatehouse/stage-kit';
import { Injectable } from '@nestjs/common';
import type { ${camel}Contract } from './${folder}.contract.js';

type Contract = typeof ${camel}Contract;

/** Passes, and requests a toast with the configured text. */
@Injectable()
export class ${pascal}Stage implements Stage<Contract> {
  challenge({ config }: ChallengeInput<Contract>) {
    return pass<Contract>({ effects: [toast('info', { text: config.text })] });
  }

  respond(input: ChallengeInput<Contract>) {
    return this.challenge(input);
  }
}
`;

const silentSpec = ({
  kind,
  folder,
  camel,
  pascal,
}: StageNames) => `import { driveStage } from '@gatehouse/stage-kit/testing';
import { expect, it } from 'vitest';
import { ${camel}Contract } from './${folder}.contract.js';
import { ${pascal}Stage } from './${folder}.stage.js';

it('the ${kind} stage shows its text as a toast and passes, on a GET and on a response', async () => {
  const stage = driveStage(${camel}Contract, new ${pascal}Stage(), { config: { text: 'Welcome back.' } });
  const passed = { type: 'passed', effects: [{ type: 'toast', level: 'info', message: 'Welcome back.' }] };
  expect(await stage.show()).toEqual(passed);
  expect(await stage.answer({ any: 1 })).toEqual(passed);
});
`;
