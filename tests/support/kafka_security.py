"""What it takes to talk to Kafka under TLS and SASL: certificates, and settings in the words of Kafka's Java."""

import subprocess


def jaas(module, username, password, **more):
    quoted = {name: value.replace("\\", "\\\\").replace('"', '\\"')
              for name, value in {"username": username, "password": password, **more}.items()}
    return f"org.apache.kafka.common.security.{module} required " + " ".join(
        f'{name}="{value}"' for name, value in quoted.items()) + ";"


def jaas_of_broker(username, password):
    """One that lets in the same user as its clients are."""
    return jaas("plain.PlainLoginModule", username, password, **{f"user_{username}": password})


def properties_value(value):
    """As java.util.Properties reads it: a backslash is written twice, the end of a line by its letter."""
    return str(value).replace("\\", "\\\\").replace("\n", "\\n")


def properties_text(values):
    return "".join(f"{key}={properties_value(value)}\n" for key, value in values.items())


def make_certificates(folder, names, store_password="none"):
    """A CA in ca.pem, and for each of `names`, which has a subjectAltName, NAME.p8, .crt, .p12, and .pem with all of it."""
    def openssl(*args):
        subprocess.run(["openssl", *args], check=True, capture_output=True, cwd=folder)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=ca", "-keyout", "ca.key",
            "-out", "ca.pem")
    for name, subject in names.items():
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out",
                f"{name}.csr")
        (folder / "san").write_text(f"subjectAltName={subject}\n")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days",
                "2", "-extfile", "san", "-out", f"{name}.crt")
        openssl("pkcs8", "-topk8", "-nocrypt", "-in", f"{name}.key", "-out", f"{name}.p8")
        openssl("pkcs12", "-export", "-in", f"{name}.crt", "-inkey", f"{name}.key", "-out", f"{name}.p12", "-passout",
                f"pass:{store_password}")
        (folder / f"{name}.pem").write_text("".join((folder / part).read_text() for part in
                                                    (f"{name}.p8", f"{name}.crt", "ca.pem")))
