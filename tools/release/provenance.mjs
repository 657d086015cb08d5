import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** Returns the SHA-256 of a file in hexadecimal. */
export const sha256 = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');

/**
 * Returns an in-toto statement with SLSA provenance: from which commit, packages and base image the image and the files
 * were built. `imageDigest` is undefined when no image was built.
 */
export function provenanceOf({ version, commit, repository, platforms, image, imageDigest, files, startedAt }) {
  const subjects = files.map((path) => ({ name: path.split('/').at(-1), digest: { sha256: sha256(path) } }));
  if (imageDigest) subjects.unshift({ name: image, digest: { sha256: imageDigest.replace('sha256:', '') } });
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: subjects,
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'https://gatehouse.invalid/docs/how-to/release.md',
        externalParameters: { version, platforms },
        resolvedDependencies: [
          { uri: repository, digest: { gitCommit: commit } },
          { name: 'package-lock.json', digest: { sha256: sha256('package-lock.json') } },
          // in-toto requires a URI or a digest of each dependency.
          ...baseImages().map((name) => ({ uri: `pkg:docker/${name.replace(':', '@')}` })),
        ],
      },
      runDetails: {
        builder: { id: 'https://gatehouse.invalid/tools/release.mjs' },
        metadata: { startedOn: startedAt.toISOString(), finishedOn: new Date().toISOString() },
      },
    },
  };
}

/** Returns the images that the Dockerfile starts from. */
const baseImages = () => [
  ...new Set(
    [...readFileSync('Dockerfile', 'utf8').matchAll(/^FROM (?:--platform=\S+ )?(\S+)/gm)].map(([, name]) => name),
  ),
];
