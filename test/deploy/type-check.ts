import ts from 'typescript';

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
    ...{ module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  };
  const host = ts.createCompilerHost(options);
  const program = ts.createProgram([FILE], options, {
    ...host,
    fileExists: (name) => name === FILE || host.fileExists(name),
    getSourceFile: (name, version) =>
      name === FILE ? ts.createSourceFile(name, text, version) : host.getSourceFile(name, version),
  });
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => ({
    line: file?.getLineAndCharacterOfPosition(start).line ?? 0,
    message: ts.flattenDiagnosticMessageText(messageText, '\n'),
  }));
}
