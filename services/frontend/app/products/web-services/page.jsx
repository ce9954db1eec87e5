export const metadata = { title: "Web services" };

export default function WebServices() {
  return (
    <>
      <h1>Web services</h1>
      <p>Hosting that keeps running when a machine does not.</p>
    </>
  );
}
