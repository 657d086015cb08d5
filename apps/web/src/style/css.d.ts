/** A style as the text that it is. */
declare module '*.css?inline' {
  const text: string;
  export default text;
}
