/** A static export: every page is a file in out/. No server runs the pages, so nobody needs the traces of their files. */
export default { output: "export", outputFileTracingExcludes: { "*": ["**/*"] } };
