"""Clinical evidence in, an explained suggestion out: a service that asks whether heel pain may come from the spine."""
