"""What fields that say who somebody is are called: a list of words for each concept, in four languages.

Words are spelled as :func:`reid_audit.triage.identifiers.plain` spells fields: small letters without accents, digits.
``SURE`` words can hardly name anything else; ``OPEN`` ones also name things, and count where the value looks like one.
"""

from __future__ import annotations

from typing import Final, Literal

__all__ = [
    "BIRTHS",
    "COMMENTS",
    "KINDS",
    "NAMED",
    "NAME_ENDS",
    "NUMBER_ENDS",
    "OPEN",
    "PEOPLE",
    "PERSONS",
    "SURE",
    "Concept",
]

Concept = Literal[
    "name",
    "birth",
    "telephone",
    "mail",
    "national",
    "number",
    "place",
    "street",
    "ip",
    "social",
    "page",
    "relative",
    "clinician",
    "alias",
    "date",
    "birth year",
    "age",
    "age in months",
]
"""What a field holds. ``national``: a number of a whole country's register; ``number``: of a hospital, an insurer.

``page``: an address in the web, or whom to write to; ``social``: an account there; ``alias``: what else somebody, or
something, is called.
"""

PEOPLE = """
    patientname patientsname patientbirthname patientsbirthname patientmotherbirthname patientsmothersbirthname
    otherpatientnames subjectname participantname fullname firstname lastname surname familyname givenname maidenname
    middlename forename realname legalname 00100010 00101001 00101005 00101060
    patientenname namedespatienten namederpatientin vorname vornamen nachname familienname geburtsname probandenname
    prenom prenoms nomdefamille nomdupatient nompatient nomdenaissance nomcomplet nometprenom
    apellido apellidos nombrepaciente nombredelpaciente nombrecompleto nombreyapellidos
"""
"""Names of people."""
BIRTHS = """
    patientbirthdate patientsbirthdate birthdate dateofbirth dob birthday birth born 00100030 geburtsdatum
    bornon birthdt bdate brthdt brthdtc geburtstag gebdatum gebdat geb geboren geborenam datedenaissance
    datenaissance naissance ddn fechadenacimiento fechanacimiento nacimiento
"""
"""Dates of birth."""

SURE: Final[dict[Concept, str]] = {
    "name": PEOPLE,
    "birth": BIRTHS,
    "telephone": """
        phone phones telephone telephones phonenumber mobilephone cellphone mobilenumber cellnumber landline fax telefax
        facsimile whatsapp contactphone contacttelephone 00102154
        patienttelephonenumbers patientstelephonenumbers
        telefon telefonnummer mobiltelefon mobilnummer handynummer rufnummer festnetz festnetznummer
        numerodetelephone ntelephone ndetelephone telephoneportable telecopie telefono numerodetelefono telefonomovil
    """,
    "mail": """
        email emails emailaddress mailaddress emailadresse mailadresse adressemail adresseemail courriel
        correoelectronico
    """,
    "national": """
        ssn socialsecurity socialsecuritynumber nhs nhsnumber nationalid nationalidentity nationalinsurance
        nationalinsurancenumber nino nationalidentifier idcard identitycard taxid taxnumber aadhaar bsn
        sozialversicherungsnummer rentenversicherungsnummer svnr svnummer versichertennummer krankenversichertennummer
        krankenversicherungsnummer kvnr steuerid steuernummer ausweisnummer personalausweis personalausweisnummer
        personnummer personalnumber
        numerodesecuritesociale securitesociale numerosecuritesociale ndesecuritesociale nsecuritesociale numsecu
        numss carteidentite
        numerodeseguridadsocial seguridadsocial nuss numerodeidentidad documentodeidentidad cedula curp codicefiscale
    """,
    "number": """
        patientid patientsid otherpatientids 00100020 patientnumber patientno medicalrecordnumber medicalrecord
        medicalrecordno medicalrecordid medicalid mrn accession accessionnumber accessionno accessionid
        hospitalid hospitalnumber hospitalno casenumber caseno caseid chartnumber
        insurancenumber insuranceid insuranceno insurancepolicy policynumber healthplan healthplannumber healthplanid
        healthcard medicare medicaid beneficiarynumber accountnumber accountno accountid bankaccount iban creditcard
        driverlicense driverslicense driverlicence driverslicence drivinglicense drivinglicence
        licensenumber licencenumber certificatenumber passport passportnumber
        licenseplate licenceplate numberplate vehicleid vehicleidentification vehiclenumber
        workerid mturkid prolificid prolificpid employeeid studentid staffid userid
        patientennummer patientenid fallnummer aufnahmenummer aktenzeichen versicherungsnummer policennummer kontonummer
        fuhrerschein fuehrerschein fuhrerscheinnummer fuehrerscheinnummer reisepass reisepassnummer passnummer
        kennzeichen kfzkennzeichen autokennzeichen matrikelnummer personalnummer
        numerodedossier numerodossier numerodecompte permisdeconduire passeport immatriculation
        numerodehistoria historiaclinica nhc numerodecuenta carnetdeconducir pasaporte
    """,
    "place": """
        postcode zipcode postalcode zippostalcode county municipality censustract hometown placeofresidence
        cityofresidence regionofresidence countyofresidence residenceregion birthplace placeofbirth cityofbirth
        birthcity livesin latitude longitude geolocation gpscoordinates locationlatitude locationlongitude
        zippostal plz plzort plzwohnort postleitzahl gebort wohnort wohngemeinde landkreis geburtsort
        codepostal lieudenaissance lieuderesidence codigopostal municipio lugardenacimiento lugarderesidencia
    """,
    "street": """
        streetaddress homeaddress patientaddress patientsaddress housenumber 00101040
        anschrift wohnanschrift wohnadresse privatadresse hausnummer domicilio
    """,
    "ip": "ipaddress ipadresse adresseip direccionip",
    "social": """
        facebook instagram twitter tiktok linkedin snapchat skype username loginname screenname
        benutzername nutzername nomdutilisateur nombredeusuario
    """,
    "page": "personalwebsite personalurl personalhomepage",
    "relative": """
        emergencycontact nextofkin mothername mothersname fathername fathersname guardianname spousename husbandname
        wifename partnername relativename siblingname caregivername
        namedermutter namedesvaters notfallkontakt angehorige angehoriger angehoerige angehoeriger
        nomdelamere nomdupere personnedeconfiance nombredelamadre nombredelpadre contactodeemergencia
    """,
    "clinician": """
        referringphysician attendingphysician performingphysician requestingphysician readingphysician
        referringphysicians attendingphysicians performingphysicians requestingphysicians readingphysicians
        physicianofrecord referringdoctor attendingdoctor familydoctor generalpractitioner
        hausarzt hausarztin zuweiser uberweiser ueberweiser behandelnderarzt medecintraitant medecinreferent
        medicodecabecera medicotratante
    """,
    "alias": "nickname initials spitzname initialen surnom initiales apodo iniciales",
    "date": """
        deathdate dateofdeath deceaseddate dod admissiondate dateofadmission dischargedate dateofdischarge surgerydate
        dateofsurgery operationdate diagnosisdate dateofdiagnosis treatmentdate visitdate dateofvisit examdate
        examinationdate dateofexam dateofexamination scandate dateofscan mridate testdate dateoftest assessmentdate
        interviewdate sessiondate appointmentdate enrollmentdate consentdate datemri datescan datevisit dateexam
        datetest datesurgery datedeath datedischarge dateinterview acqtime acquisitiondate
        acquisitiondatetime studydate seriesdate contentdate
        todesdatum sterbedatum aufnahmedatum entlassungsdatum untersuchungsdatum opdatum
        datededeces datedeces dateadmission datedadmission datesortie datedesortie datedexamen
        fechadefallecimiento fechademuerte fechadeingreso fechadealta fechadeexamen
    """,
    "birth year": """
        birthyear birthyr byear yearofbirth yob birthmonth monthofbirth geburtsjahr geburtsmonat anneedenaissance
        moisdenaissance anodenacimiento mesdenacimiento
    """,
    "age": """
        age ageyears ageinyears ageyrs ageyr agey ageatscan agescan ageatvisit agevisit ageatdeath ageatdiagnosis
        ageatonset currentage alter alterjahre edad
    """,
    "age in months": "ageinmonths agemonths monthsofage interviewage",
}
"""Fields that hold nothing else."""

OPEN: Final[dict[Concept, str]] = {
    "telephone": "contactnumber mobile cell tel handy movil portable",
    "mail": "mail correo",
    "national": "nir dni nie",
    "number": "vin",
    "place": """
        city zip town village district suburb neighborhood neighbourhood residence stadt ort ortschaft gemeinde kommune
        pcode fips geoid ville commune quartier ciudad barrio employer arbeitgeber employeur empleador
    """,
    "street": "address addresses street strasse adresse rue calle direccion domicile",
    "ip": "ip ipv4 ipv6 ipaddr",
    "page": "url website homepage webseite siteweb paginaweb contact contactemail contactmail",
    "relative": """
        mother father son daughter guardian spouse husband wife partner relative sibling brother sister caregiver
        informant mutter vater eltern ehemann ehefrau mere pere conjoint madre padre hermano hermana esposo esposa
    """,
    "clinician": """
        gp physician doctor operator operators nurse therapist surgeon radiologist radiographer technician technologist
        psychologist psychiatrist clinician rater examiner experimenter interviewer assessor
        arzt arztin behandler untersucher medecin docteur medico doctora enfermera
    """,
    "alias": "alias aliases parent parents",
    "date": "date datetime datum fecha",
}
"""Fields that hold it where the value looks like one: a task has streets, an atlas parents."""

NAMED = """
    name names nom nombre namen nameofpatient person patient patientin subject participant proband probandin
    teilnehmer
"""
"""Fields that hold the name of a person or of a thing."""
COMMENTS = """
    comment comments note notes remark remarks patientcomments imagecomments studycomments
    additionalpatienthistory patientinfo patientinformation patientdata patientdetails subjectinfo
    subjectinformation bemerkung bemerkungen kommentar kommentare notiz notizen anamnese remarque remarques
    commentaire commentaires observaciones comentario comentarios
"""
"""Fields in which somebody wrote what they liked."""

PERSONS = """
    patient patients patientin subject subjects subj participant participants pt proband probandin probanden teilnehmer
    person persons respondent recipient volunteer emergency emergencycontact
    mother mothers father fathers parent parents guardian guardians spouse spouses partner partners relative relatives
"""
"""What may stand before or behind: whose it is."""
KINDS = """
    home work office business private privat legal current permanent primary secondary mailing postal residential
    main other personal
"""
"""What may stand before: which of several it is."""
NAME_ENDS = "name names ofbirth ofresidence"
NUMBER_ENDS = """
    id ids number numbers no nr num nummer numero code line home work private privat mobile handle account url
"""
"""What may stand behind: of a name or of a number, and a count."""
