import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { SERVICES_FILE } from '../deploy/compose.js';

/**
 * Makes sure that Docker has all images to which the Dockerfiles and the compose file refer. Throws if an image can be
 * neither pulled nor built.
 */
export function provideBaseImages(): void {
  const images = [
    ...['Dockerfile', 'examples/go-stage/Dockerfile'].flatMap((file) => [
      ...readFileSync(file, 'utf8').matchAll(/^FROM (?:--platform=\S+ )?(\S+:\S+)/gm),
    ]),
    ...readFileSync(SERVICES_FILE, 'utf8').matchAll(/image: (\w+:[\w.-]+)/g),
  ].map(([, image = '']) => image);
  for (const image of new Set(images)) provide(image);
}

/** Pulls a base image. If that fails, builds a replacement. */
function provide(image: string) {
  const run = (program: string, ...args: string[]) => spawnSync(program, args, { encoding: 'utf8' });
  if (run('docker', 'image', 'inspect', image).status === 0 || run('docker', 'pull', '--quiet', image).status === 0)
    return;
  const { status, stderr } = run('test/containers/base-images.sh', image);
  if (status !== 0) throw new Error(`cannot pull or build the base image ${image}: ${stderr}`);
}
