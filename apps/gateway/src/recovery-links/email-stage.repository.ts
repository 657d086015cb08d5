import { mailServerFields } from '@gatehouse/contracts';
import { FlowStore } from '@gatehouse/executor';
import { runNamed } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { z } from 'zod';

/** Kind of the stages that mail links. */
export const EMAIL_KIND = 'email';

/** The part of an email stage's config that a mail needs. The config was validated when its flow was compiled. */
const emailStage = z.object({
  ...mailServerFields,
  token_expiry: z.union([z.string(), z.number()]),
  subject: z.string(),
  template: z.string(),
});
export type EmailStage = z.output<typeof emailStage>;

/** Finds the version of a published flow that has an email stage. $1 id of the stage, $2 slug of the preferred flow. */
const FIND_VERSION = {
  name: 'recovery_mail_version',
  text: `
    SELECT f.version_id FROM flow.flows f JOIN flow.flow_versions v ON v.id = f.version_id
    WHERE jsonb_path_exists(v.document, '$.steps[*].stage ? (@.id == $id && @.kind == $kind)',
      jsonb_build_object('id', lower($1::text), 'kind', '${EMAIL_KIND}'))
    ORDER BY f.slug <> $2, f.slug LIMIT 1`,
};

/** Reads the email stages of published flows. */
@Injectable()
export class EmailStageRepository {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    @Inject(FlowStore) private readonly flows: FlowStore,
  ) {}

  /**
   * Returns an email stage by its id; `undefined` if no published flow has it. If several flows have the stage, prefers
   * the flow `slug`, because each flow has its own compiled copy of the settings.
   */
  async find(id: string, slug: string): Promise<EmailStage | undefined> {
    const { rows } = await runNamed<{ version_id: string }>(this.source, FIND_VERSION, [id, slug]);
    const version = rows[0] && (await this.flows.find(rows[0].version_id));
    const step = version?.steps.find(({ stage }) => stage.id === id.toLowerCase());
    return step && emailStage.parse(step.stage.config);
  }
}
