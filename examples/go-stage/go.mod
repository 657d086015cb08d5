module example.org/access-code

go 1.22
