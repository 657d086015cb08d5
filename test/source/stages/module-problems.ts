import { InProcessBus, Readiness } from '@gatehouse/platform';
import { processModule } from '@gatehouse/stage-kit';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { StageEntry, StageSources } from './stage-sources.js';

/** Returns a message for each stage whose module Nest cannot resolve. Creates no provider, so needs no database. */
export async function moduleProblems({ stages, files }: StageSources): Promise<string[]> {
  const problems = Object.values(stages).map(async (entry) => [
    serviceProblem(entry, files),
    await moduleProblem(entry),
  ]);
  return (await Promise.all(problems)).flat().filter((problem) => problem !== undefined);
}

function serviceProblem({ contract: { kind, service } }: StageEntry, files: StageSources['files']): string | undefined {
  const main = `apps/${service}/src/main.ts`;
  return files.has(main) ? undefined : `${kind} names the service ${service}, but there is no ${main}`;
}

async function moduleProblem({ contract, module }: StageEntry): Promise<string | undefined> {
  try {
    await resolve(await module());
    return undefined;
  } catch (error) {
    const [line] = String(error instanceof Error ? error.message : error).split('\n');
    return `the module of ${contract.kind} does not start: ${line} Mend its .module.ts, or its line in libs/stages/src/modules.ts`;
  }
}

async function resolve(stage: DynamicModule): Promise<void> {
  class ServiceModule {}
  const imports = [processModule(new InProcessBus(), new Readiness()), stage];
  const options = { preview: true, abortOnError: false, logger: false } as const;
  await NestFactory.createApplicationContext({ module: ServiceModule, imports }, options);
}
