import type ts from 'typescript';
import { compiler } from '../support/compiler.js';

const FILE = 'test/deploy/objects.check.ts';

/** An error of the compiler. `line` counts from 0. */
interface TypeFault {
  readonly line: number;
  readonly message: string;
}

/** Compiles a text of TypeScript, which may import the packages of the repository, and returns its type errors. */
export function typeFaults(text: string): TypeFault[] {
  const options: ts.CompilerOptions = {
    ...{ strict: true, noEmit: true, skipLibCheck: true, types: [], lib: ['lib.es2023.d.ts'] },
    ...{ module: compiler.ModuleKind.NodeNext, moduleResolution: compiler.ModuleResolutionKind.NodeNext },
  };
  const host = compiler.createCompilerHost(options);
  const program = compiler.createProgram([FILE], options, {
    ...host,
    fileExists: (name) => name === FILE || host.fileExists(name),
    getSourceFile: (name, version) =>
      name === FILE ? compiler.createSourceFile(name, text, version) : host.getSourceFile(name, version),
  });
  return compiler.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => ({
    line: file?.getLineAndCharacterOfPosition(start).line ?? 0,
    message: compiler.flattenDiagnosticMessageText(messageText, '\n'),
  }));
}
