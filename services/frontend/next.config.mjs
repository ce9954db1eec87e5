/** A static export: every page is a file in out/. */
export default { output: "export" };
