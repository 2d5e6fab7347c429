/** A picture that the build puts into the code as a data URL, so that no file has to be found beside it. */
declare module "*.png?inline" {
  const dataUrl: string;
  export default dataUrl;
}
