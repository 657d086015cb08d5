import { runWithThreadPool } from './thread-pool.js';

await runWithThreadPool(async () => {
  const [{ runService }, { stagesOf }] = await Promise.all([
    import('@gatehouse/stage-kit'),
    import('@gatehouse/stages/modules'),
  ]);
  await runService('password', () => stagesOf('password'));
});
